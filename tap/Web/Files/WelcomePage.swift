/// What visitors see when no folder is set.
let welcomePage = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Taproom is serving</title>
    <style>:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;margin:4rem auto;max-width:38rem;padding:0 1rem}\
    pre{padding:1rem;background:#8882;overflow-x:auto;border-radius:.3rem}</style>
    </head>
    <body>
    <main>
    <h1>It runs</h1>
    <p>This web service has no folder to serve yet. Give it one when you make the tap:</p>
    <pre>mktap web --static /var/www</pre>
    <p>or while it runs:</p>
    <pre>tapctl set web.tap web.static=/var/www</pre>
    </main>
    </body>
    </html>

    """
