"""The one table of derivative rules; every mode and both engines read it."""

from dualdiff.rules import arithmetic, elementary, piecewise
from dualdiff.rules.declare import Rule, zero

RULES: dict[str, Rule] = {
    rule.name: rule for rules in (arithmetic.RULES, elementary.RULES, piecewise.RULES) for rule in rules
}

__all__ = ["RULES", "Rule", "zero"]
