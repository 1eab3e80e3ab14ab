"""AwsMaintenance: the load balancer answers with a page, by a rule before the application's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError, UsageError

from .faults import translated
from .ground import ground, standing

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import ActionTypeDef, RuleTypeDef

    from .clients import Clients
    from .names import Names

LIMIT = 1024
"""Bytes of an answer that a load balancer gives itself."""
UNAVAILABLE = "503"


class AwsMaintenance:
    """The page of one environment. Deployments go on behind it: they change the other rule."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def begin(self, page: str) -> None:
        """See Maintenance.begin.

        Raises:
            UsageError: nothing is provisioned, or the page is longer than AWS allows.
        """
        size = len(page.encode())
        if size > LIMIT:
            raise UsageError(
                f"the page has {size} bytes; a load balancer of AWS answers with {LIMIT} at most",
                hint="shorten it, or let it load the rest (styles, pictures) from elsewhere",
            )
        rules = self._rules(ground(self._clients, self._names).rule)
        with translated("showing the maintenance page"):
            self._show(_answer(page), *rules)

    def end(self) -> None:
        """See Maintenance.end."""
        shown = self._shown()
        if shown:
            with translated("ending maintenance"):
                self._clients.elb.delete_rule(RuleArn=shown["RuleArn"])

    def active(self) -> bool:
        """See Maintenance.active."""
        return self._shown() is not None

    def _show(self, answer: ActionTypeDef, own: RuleTypeDef, others: list[RuleTypeDef]) -> None:
        elb, shown = self._clients.elb, _page(own, others)
        if shown:
            elb.modify_rule(RuleArn=shown["RuleArn"], Actions=[answer])
            return
        elb.create_rule(
            ListenerArn=_listener(own["RuleArn"]),
            Priority=_before(own, others),
            Conditions=_conditions(own),
            Actions=[answer],
            Tags=[{"Key": key, "Value": value} for key, value in self._names.tags.items()],
        )

    def _shown(self) -> RuleTypeDef | None:
        """The rule that answers with a page, if there is one."""
        place = standing(self._clients, self._names)
        return _page(*self._rules(place.rule)) if place else None

    def _rules(self, arn: str) -> tuple[RuleTypeDef, list[RuleTypeDef]]:
        """The application's rule, and the listener's others."""
        with translated("looking at the load balancer's rules"):
            pages = self._clients.elb.get_paginator("describe_rules")
            found = [
                rule
                for page in pages.paginate(ListenerArn=_listener(arn))
                for rule in page["Rules"]
            ]
        own = next((each for each in found if each["RuleArn"] == arn), None)
        if own is None:
            raise StepError(
                f"the load balancer's rule of {self._names.prefix} is gone",
                hint=f"invoke deploy.provision --env {self._names.environment}",
            )
        return own, [each for each in found if each is not own and not each["IsDefault"]]


def _listener(rule: str) -> str:
    """The ARN of a rule's listener."""
    return rule.rpartition("/")[0].replace(":listener-rule/", ":listener/", 1)


def _conditions(rule: RuleTypeDef) -> Any:
    """As they are written: what is read has the values twice, which is refused."""
    return [{k: v for k, v in each.items() if k != "Values"} for each in rule["Conditions"]]


def _answer(page: str) -> ActionTypeDef:
    return {
        "Type": "fixed-response",
        "FixedResponseConfig": {
            "StatusCode": UNAVAILABLE,
            "ContentType": "text/html",
            "MessageBody": page,
        },
    }


def _page(own: RuleTypeDef, others: list[RuleTypeDef]) -> RuleTypeDef | None:
    """The rule for the same requests that answers before the application's."""
    return next(
        (
            each
            for each in others
            if int(each["Priority"]) < int(own["Priority"])
            and each["Conditions"] == own["Conditions"]
            and each["Actions"][0]["Type"] == "fixed-response"
        ),
        None,
    )


def _before(own: RuleTypeDef, others: list[RuleTypeDef]) -> int:
    """The last free priority before the application's."""
    taken = {int(each["Priority"]) for each in others}
    free = (number for number in range(int(own["Priority"]) - 1, 0, -1) if number not in taken)
    found = next(free, None)
    if found is None:
        raise UsageError(
            f"the load balancer has no free priority before that of {own['RuleArn']}",
            hint="give the application's rule a larger priority",
        )
    return found
