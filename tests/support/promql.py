"""Expressions of Prometheus, read by its grammar: which series they select, and which labels they sort these by."""

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector


def _nodes(expression: str) -> list[Expr]:
    """Of the tree. Raises ValueError where there is none."""
    nodes: list[Expr] = []
    promql_parser.walk(promql_parser.parse(expression.replace("$__rate_interval", "1m")), nodes.append)
    return nodes


def selectors(expression: str) -> list[VectorSelector]:
    """Each with the name of its series and its matchers."""
    return [node for node in _nodes(expression) if isinstance(node, VectorSelector)]


def sorted_by(expression: str) -> set[str]:
    """The labels by which it sums up, or finds the partner of a series."""
    labels: set[str] = set()
    for node in _nodes(expression):
        if isinstance(node, AggregateExpr) and node.modifier:
            labels |= {*node.modifier.labels}
        elif isinstance(node, BinaryExpr) and node.modifier and node.modifier.matching:
            labels |= {*node.modifier.matching.labels}
    return labels
