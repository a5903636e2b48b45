"""The AWS stand-in: moto's answers, completed where they lack something, and a reconciler that makes them true."""
