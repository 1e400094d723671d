// Does nothing: what starting a program with a static Swift runtime costs by itself.
