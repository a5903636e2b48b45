"""The lab: a data centre (IDC) and an AWS side made of real parts in containers, for rehearsals and tests."""
