"""`ml-census train`: errors in one line. Recipes are in training/census/test_pipelines.py."""

from pathlib import Path

from click.testing import CliRunner

from ml_census.cli.main import main


def test_folder_without_data_fails_with_the_missing_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["train", "--data", str(tmp_path), "--output", str(tmp_path / "out")])

    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith(f"ml-census: {tmp_path}/adult.data: not found")
    assert not (tmp_path / "out").exists()
