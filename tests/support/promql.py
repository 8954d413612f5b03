"""PromQL expressions: the series that they select and the labels that they group by."""

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector


def _nodes(expression: str) -> list[Expr]:
    """Return the nodes of an expression. Raises ValueError if it is invalid."""
    nodes: list[Expr] = []
    promql_parser.walk(promql_parser.parse(expression.replace("$__rate_interval", "1m")), nodes.append)
    return nodes


def selectors(expression: str) -> list[VectorSelector]:
    """Return the selectors of an expression, each with name and matchers."""
    return [node for node in _nodes(expression) if isinstance(node, VectorSelector)]


def grouping_labels(expression: str) -> set[str]:
    """Return the labels that an expression aggregates or matches by."""
    labels: set[str] = set()
    for node in _nodes(expression):
        if isinstance(node, AggregateExpr) and node.modifier:
            labels |= {*node.modifier.labels}
        elif isinstance(node, BinaryExpr) and node.modifier and node.modifier.matching:
            labels |= {*node.modifier.matching.labels}
    return labels
