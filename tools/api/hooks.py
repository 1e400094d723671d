"""What schemathesis does not ask for: answers without an end."""

import schemathesis


@schemathesis.hook
def filter_query(context, query):
    return str((query or {}).get("follow")).lower() != "true"
