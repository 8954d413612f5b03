"""The engine that serves a model, as GET /version and manifest.json report it."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class EngineInfo:
    """The kind of engine that predicts, and why it was chosen."""

    kind: Literal["compiled", "sklearn"]
    """`compiled`: the compiled form of the model predicts. `sklearn`: scikit-learn itself predicts."""
    verified_rows: int | None = None
    """Number of sampled rows on which the compiled form predicted the same as scikit-learn; None if not recorded."""
    reason: str | None = None
    """Why scikit-learn itself predicts; None for the compiled form."""

    def __str__(self) -> str:
        """Return the text for logs and the command line."""
        if self.kind == "sklearn":
            return f"sklearn: {self.reason}"
        return "compiled" + (f", verified on {self.verified_rows} rows" if self.verified_rows is not None else "")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; fields without a value are left out."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_manifest(cls, document: object) -> "EngineInfo":
        """Return the engine of a compiled form from the value of "engine" in its manifest.json."""
        rows = document.get("verified_rows") if isinstance(document, dict) else None
        return cls("compiled", rows if type(rows) is int else None)
