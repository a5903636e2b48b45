"""A phase played by `ansible-playbook` itself, as AWX does: the same record, kept by a callback beside the playbook."""
