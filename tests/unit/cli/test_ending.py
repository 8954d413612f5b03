"""End of a failed command: one line on stderr and an exit code."""

import pytest

from ml_census.cli.ending import fail, fail_on


def test_failure_ends_with_one_line_and_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        fail("first line\n  second line", 75)

    assert ended.value.code == 75
    assert capsys.readouterr().err == "ml-census: first line second line\n"


@pytest.mark.parametrize(
    ("subject", "line"), [("", "ml-census: wrong\n"), ("users.json", "ml-census: users.json: wrong\n")]
)
def test_listed_error_ends_the_command_with_its_message(
    capsys: pytest.CaptureFixture[str], subject: str, line: str
) -> None:
    with pytest.raises(SystemExit) as ended, fail_on(ValueError, KeyError, subject=subject):
        raise ValueError("wrong")

    assert (ended.value.code, capsys.readouterr().err) == (1, line)


def test_other_error_is_raised() -> None:
    with pytest.raises(TypeError), fail_on(ValueError):
        raise TypeError
