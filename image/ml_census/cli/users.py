"""`ml-census user`: adds and removes users in a users file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ml_census.cli.ending import fail, fail_on


@click.group(epilog="Example: ml-census user add alice --users users.json")
def user() -> None:
    """Manage the users file."""


@user.command(epilog="Example: ml-census user add alice --users users.json")
@click.argument("name")
@click.option("--users", "uri", required=True, metavar="FILE|gs://…", help="Users file; created if it does not exist.")
@click.option("--allow-weak-password", is_flag=True, help="Accept a short password, for a demo on this machine or "
              "for users from another server.")  # fmt: skip
def add(name: str, uri: str, allow_weak_password: bool) -> None:
    """Add a user or change a password.

    The password comes from a prompt or a pipe. The file gets its hash, and mode 0600 if it is local.
    """
    from werkzeug.security import generate_password_hash

    from ml_census import auth

    if reason := auth.name_problem(name):
        fail(f"user name: {reason}")
    stored = generate_password_hash(_new_password(name, allow_weak_password))
    with _edit_users(uri) as users:
        users[name.lower()] = stored
    click.echo(f"{name.lower()} can log in from {uri}", err=True)


@user.command(epilog="Example: ml-census user remove alice --users users.json")
@click.argument("name")
@click.option("--users", "uri", required=True, metavar="FILE|gs://…", help="Users file.")
def remove(name: str, uri: str) -> None:
    """Remove a user. The tokens of the user end when the servers have reloaded the file."""
    with _edit_users(uri) as users:
        if users.pop(name.lower(), None) is None:
            fail(f"{uri}: there is no user {name.lower()}")
        if not users:
            fail(f"{uri}: {name.lower()} is the only user, and a server needs one")
    click.echo(f"{name.lower()} is not in {uri} any more", err=True)


@contextmanager
def _edit_users(uri: str) -> Iterator[dict[str, str]]:
    """Yield the users of a file, and write them back at the end. A missing file has no users.

    Ends the command if another command has changed the file in between.
    """
    from ml_census import auth, storage
    from ml_census.storage import json_file

    with fail_on(storage.StorageError, json_file.JsonError, auth.CredentialsError, subject=uri):
        version = storage.fingerprint(uri)
        users = auth.parse_users(json_file.parse(storage.read(uri))) if version else {}
        yield users
        data = (json.dumps(users, indent=2, sort_keys=True) + "\n").encode()
        storage.write(uri, data, private=True, unless_changed=version)


def _new_password(name: str, allow_weak: bool) -> str:
    """Return the password that is entered. End the command if it cannot log in, or is weak and must not be."""
    from ml_census import auth

    password = _entered_password(name)
    if reason := auth.password_problem(password):
        fail(f"password: {reason}")
    if not allow_weak and (reason := auth.password_weakness(name, password)):
        fail(f"password: {reason}; --allow-weak-password accepts it")
    return password


def _entered_password(name: str) -> str:
    """Return the password from a prompt, or from a pipe."""
    if sys.stdin.isatty():
        password: str = click.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True, err=True)
        return password
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        fail("the password is not UTF-8 text")
