"""The engine that predicts for the server, as GET /version and manifest.json report it."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class EngineInfo:
    """The engine that predicts: the compiled form of the model or scikit-learn, and the reason for scikit-learn."""

    kind: Literal["compiled", "sklearn"]
    """`compiled`: the compiled form of the model predicts. `sklearn`: the fitted
    scikit-learn model predicts."""
    verified_rows: int | None = None
    """Number of rows on which the compiled form was compared with scikit-learn; None if
    this number is unknown."""
    reason: str | None = None
    """Why the model was not compiled, in one line; None if `kind` is `compiled`."""

    def __str__(self) -> str:
        """Return a short text for logs and for the output of the command line."""
        if self.kind == "sklearn":
            return f"sklearn: {self.reason}"
        return "compiled" + (f", verified on {self.verified_rows} rows" if self.verified_rows is not None else "")

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object, without the fields that are None."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_manifest(cls, document: object) -> "EngineInfo":
        """Return the EngineInfo of a compiled form. `document` is the value of "engine" in manifest.json.

        The field `verified_rows` is None if `document` has no whole number with the key
        "verified_rows".
        """
        rows = document.get("verified_rows") if isinstance(document, dict) else None
        return cls("compiled", rows if type(rows) is int else None)
