"""From rows of views to what is sent. Nothing here knows of HTTP."""
