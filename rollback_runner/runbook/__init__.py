"""The runbook of a site: the rollback by hand, on paper, for the day on which the tool is gone as well.

`book.make` puts it together from site and plan; `render.html` and `render.markdown` write it. Only `cli/runbook.py`
reads and writes files.
"""
