"""The reference below docs/reference, made from what the project says of itself: `python -m rollback_runner.reference`.

Commands from `--help`, roles from their argument specs, modules from their documentation, variables from the site's
schema and the roles' defaults, exit codes from `errors.Exit`, the report from its schema. A test compares each page.
"""
