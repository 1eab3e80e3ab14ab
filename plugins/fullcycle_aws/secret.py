"""Secret: where the value of an environment variable is kept on AWS."""

from __future__ import annotations

from dataclasses import dataclass

_WHOLE = 7
"""Parts of the ARN of a secret; a task definition takes more behind it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A parameter of SSM, or a secret of Secrets Manager, as the settings write it."""

    parameter: bool
    """Whether it is a parameter of SSM."""
    name: str
    """Its name, or its ARN."""
    field: str = ""
    """The field of a secret that is JSON."""

    @classmethod
    def of(cls, written: str) -> Secret:
        """What `[environments.NAME.secrets]` says.

        Raises:
            ValueError: it is none of the three forms.
        """
        if written.startswith("arn:"):
            return cls._of_arn(written)
        if written.startswith("secretsmanager:"):
            name, _, field = written.removeprefix("secretsmanager:").partition(":")
            return cls(False, name, field)
        if written.startswith("/"):
            return cls(True, written)
        raise ValueError(
            f"{written!r} is no place of a secret: write /parameter, secretsmanager:name or an ARN"
        )

    @classmethod
    def _of_arn(cls, arn: str) -> Secret:
        parts = arn.split(":")
        if parts[2:3] == ["ssm"]:
            return cls(True, arn)
        if parts[2:3] != ["secretsmanager"] or len(parts) < _WHOLE:
            raise ValueError(f"{arn!r} is the ARN of no parameter and no secret")
        return cls(False, ":".join(parts[:_WHOLE]), ":".join(parts[_WHOLE : _WHOLE + 1]))

    def reference(self, region: str, account: str) -> str:
        """As a task definition's `valueFrom` wants it (field of a secret: `ARN:field::`)."""
        behind = f":{self.field}::" if self.field else ""
        return (self.name if self.name.startswith("arn:") else self._arn(region, account)) + behind

    def pattern(self, region: str, account: str) -> str:
        """The ARN as a policy wants it; Secrets Manager puts 6 characters behind a name."""
        if self.name.startswith("arn:"):
            return self.name
        return self._arn(region, account) + ("" if self.parameter else "-??????")

    def _arn(self, region: str, account: str) -> str:
        if self.parameter:
            return f"arn:{partition(region)}:ssm:{region}:{account}:parameter{self.name}"
        return f"arn:{partition(region)}:secretsmanager:{region}:{account}:secret:{self.name}"


def partition(region: str) -> str:
    """The part of AWS that a region belongs to, as ARNs name it."""
    apart = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for begin, name in apart.items() if region.startswith(begin)), "aws")
