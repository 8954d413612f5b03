"""`ml-census user` and `ml-census secret`: the files with which a server knows its users."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ml_census.cli.ending import fail


@click.group()
def user() -> None:
    """Manage the file of users."""


@user.command(epilog="Example: ml-census user add alice --users users.json")
@click.argument("name")
@click.option("--users", "uri", required=True, metavar="FILE|gs://…", help="The users file; made if there is none.")
@click.option("--allow-weak-password", is_flag=True, help="Accept a short password: for a demo on this machine, or "
              "for users that move from another server.")  # fmt: skip
def add(name: str, uri: str, allow_weak_password: bool) -> None:
    """Add a user or change a password: asks for it, or reads it from a pipe; only its hash is kept.

    A local file has mode 0600 afterwards: its owner alone can read it.
    """
    from werkzeug.security import generate_password_hash

    from ml_census import auth

    if reason := auth.bad_name(name):
        fail(f"user name: {reason}")
    password = _new_password(name)
    if reason := auth.bad_password(password):
        fail(f"password: {reason}")
    if not allow_weak_password and (reason := auth.weak_password(name, password)):
        fail(f"password: {reason}; --allow-weak-password accepts it")
    stored = generate_password_hash(password)
    with _edit_users(uri) as users:
        users[name.lower()] = stored
    click.echo(f"{name.lower()} can log in from {uri}", err=True)


@user.command(epilog="Example: ml-census user remove alice --users users.json")
@click.argument("name")
@click.option("--users", "uri", required=True, metavar="FILE|gs://…", help="The users file.")
def remove(name: str, uri: str) -> None:
    """Remove a user, whose tokens end when the servers have read the file anew."""
    with _edit_users(uri) as users:
        if users.pop(name.lower(), None) is None:
            fail(f"{uri}: there is no user {name.lower()}")
        if not users:
            fail(f"{uri}: {name.lower()} is the only user, and a server needs one")
    click.echo(f"{name.lower()} is not in {uri} any more", err=True)


@contextmanager
def _edit_users(uri: str) -> Iterator[dict[str, str]]:
    """Yield the users of a file, written back as they are at the end; none if there is no file.

    Nothing is written if another command has changed the file meanwhile.
    """
    from ml_census import auth, storage
    from ml_census.storage import json_file

    try:
        version = storage.fingerprint(uri)
        users = auth.parse_users(json_file.parse(storage.read(uri))) if version else {}
        yield users
        data = (json.dumps(users, indent=2, sort_keys=True) + "\n").encode()
        storage.write(uri, data, private=True, unless_changed=version)
    except (storage.StorageError, json_file.JsonError, auth.CredentialsError) as error:
        fail(f"{uri}: {error}")


def _new_password(name: str) -> str:
    if sys.stdin.isatty():
        password: str = click.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True, err=True)
        return password
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        fail("the password is not UTF-8 text")


@click.command(epilog="Example: ml-census secret --output secret.txt")
@click.option("--output", "path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="A new file "
              "for the key, which only its owner can read (mode 0600).")  # fmt: skip
def secret(path: Path | None) -> None:
    """Make a new signing key: 256 random bits. Without --output it is printed."""
    key = secrets.token_urlsafe(32)
    if path is None:
        click.echo(key)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # no other mode for a moment
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{key}\n")
    except FileExistsError:
        fail(f"{path}: exists, and a new key ends the tokens of the old one; remove the file first")
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    click.echo(f"a new key is in {path}", err=True)
