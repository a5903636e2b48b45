"""Which permissions and network paths a fail-back uses, and how each is probed without being used."""
