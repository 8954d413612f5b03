"""Table and plot of the figures. Ratios come first, since machines differ and are noisy."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.load import Figures

COLUMNS = ("one row, req/s", "rows/s by 1,000", "p50 ms", "p99 ms", "CPU ms/req", "memory MB", "start s")


@dataclass
class Result:
    """Figures of one server, or in `failure` the reason why there are none."""

    name: str
    one: list[Figures] = field(default_factory=list)
    bulk: list[Figures] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    megabytes: float = 0
    failure: str = ""

    def figures(self) -> list[float]:
        """Return the medians over the rounds, in the order of COLUMNS."""

        def median(rounds: list[Figures], of: Callable[[Figures], float]) -> float:
            return statistics.median(map(of, rounds))

        return [
            median(self.one, lambda figures: figures.rows_per_second),
            median(self.bulk, lambda figures: figures.rows_per_second),
            median(self.one, lambda figures: figures.p50_ms),
            median(self.one, lambda figures: figures.p99_ms),
            median(self.one, lambda figures: figures.cpu_ms),
            self.megabytes,
            statistics.median(self.start),
        ]

    def to_json(self) -> dict[str, Any]:
        """Return all fields."""
        return asdict(self)


def table(results: list[Result]) -> str:
    """Return a Markdown table of the multiples of the first server's figures, then one of the figures."""
    base = results[0].figures()
    heads = [f"| {' | '.join(('server', *COLUMNS))} |", "| --- |" + " ---: |" * len(COLUMNS)]
    ratios, figures = [], []
    for result in results:
        if result.failure:
            ratios.append(f"| {result.name} | {result.failure} |" + " |" * (len(COLUMNS) - 1))
            continue
        values = result.figures()
        ratios.append(_line(result.name, [f"{value / one:.3g}" for value, one in zip(values, base, strict=True)]))
        figures.append(_line(result.name, [f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in values]))
    title = f"Multiples of {results[0].name}:"
    return "\n".join([title, "", *heads, *ratios, "", "Figures (medians over the rounds):", "", *heads, *figures, ""])


def _line(name: str, cells: list[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"


@dataclass(frozen=True)
class Panel:
    """A group of bars with a title. `bars` has a label and a value for each bar."""

    title: str
    bars: list[tuple[str, float]]


def plot(results: list[Result]) -> str:
    """Return an SVG with bars of one-row requests and of bulk rows per second."""
    shown = [result for result in results if result.one]
    titles = ("requests/s, one row, 8 connections", "rows/s in requests of 1,000")
    return draw(
        "ml-census compared",
        [
            Panel(title, [(result.name, result.figures()[column]) for result in shown])
            for column, title in enumerate(titles)
        ],
    )


def draw(name: str, panels: list[Panel]) -> str:
    """Return an SVG with the panels side by side, for light and dark pages. All panels have the labels of the first."""
    line, left, width, top = 26, 200, 250, 44
    height = top + line * len(panels[0].bars) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + len(panels) * (width + 70) - 10} {height}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13"><title>{name}</title><style>'
        "text{fill:#57606a}.b{fill:#8c959f}.o{fill:#1a7f37}.t{font-weight:600}"
        "@media(prefers-color-scheme:dark){text{fill:#adbac7}.b{fill:#768390}.o{fill:#57ab5a}}</style>"
    ]
    for number, panel in enumerate(panels):
        x = left + number * (width + 70)
        parts.append(f'<text class="t" x="{x}" y="24">{panel.title}</text>')
        largest = max(value for _, value in panel.bars)
        for index, (label, value) in enumerate(panel.bars):
            y, bar = top + index * line, max(value / largest * width, 1) * 0.8
            kind = "o" if label.startswith("ml-census") else "b"
            parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{bar:.1f}" height="{line - 8}" rx="2"/>')
            parts.append(f'<text x="{x + bar + 6:.1f}" y="{y + 14}">{value:,.0f}</text>')
            if not number:
                parts.append(f'<text x="{left - 10}" y="{y + 14}" text-anchor="end">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])
