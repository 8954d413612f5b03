"""`ml-census user`: adds and removes users in a users file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ml_census.cli.ending import fail, fail_on


@click.group(epilog="Example: ml-census user add alice --users users.json")
def user() -> None:
    """Add users to a users file, or remove users."""


@user.command(epilog="Example: ml-census user add alice --users users.json")
@click.argument("name")
@click.option("--users", "uri", required=True, metavar="FILE|gs://…", help="Users file; created if it does not exist.")
@click.option("--allow-weak-password", is_flag=True, help="Accept a short password, for a demo on this machine or "
              "for users from another server.")  # fmt: skip
def add(name: str, uri: str, allow_weak_password: bool) -> None:
    """Add a user, or change the password of a user.

    The password comes from a prompt or a pipe. The users file gets a hash, and mode
    0600 if the file is local.
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
    """Remove a user. The user's tokens become invalid when the servers have reloaded the users file."""
    with _edit_users(uri) as users:
        if users.pop(name.lower(), None) is None:
            fail(f"{uri}: there is no user {name.lower()}")
        if not users:
            fail(f"{uri}: {name.lower()} is the only user, and a server needs one")
    click.echo(f"{name.lower()} is not in {uri} any more", err=True)


@contextmanager
def _edit_users(uri: str) -> Iterator[dict[str, str]]:
    """Yield the password hash by user name from a file, and write the changed users back at the end.

    A missing file has no users. Exit with code 1 if the file cannot be read or written,
    is invalid, or has been changed by another process in the meantime.
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
    """Return the password that the operator enters.

    Exit with code 1 if a server would reject the password, or if the password is weak
    and `allow_weak` is False.
    """
    from ml_census import auth

    password = entered_password(f"Password for {name}", confirms=True)
    if reason := auth.password_problem(password):
        fail(f"password: {reason}")
    if not allow_weak and (reason := auth.password_weakness(name, password)):
        fail(f"password: {reason}; --allow-weak-password accepts it")
    return password


def entered_password(prompt: str, confirms: bool = False) -> str:
    """Return the password from a prompt if stdin is a terminal, else the first line of stdin.

    With `confirms`, the user types the password twice.
    """
    if sys.stdin.isatty():
        password: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirms, err=True)
        return password
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        fail("the password is not UTF-8 text")
