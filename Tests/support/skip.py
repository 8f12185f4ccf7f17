"""Raised by a test that this machine cannot run; the runner reports it as neither passed nor failed."""


class Skip(Exception):
    pass
