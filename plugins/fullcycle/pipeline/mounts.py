"""Whether a folder is on a file system that several machines share."""

from __future__ import annotations

from pathlib import Path

NETWORK = frozenset(
    {
        *(
            "9p",
            "afs",
            "ceph",
            "cifs",
            "davfs",
            "gfs2",
            "glusterfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
        ),
        *("ocfs2", "smb3", "smbfs", "vboxsf", "virtiofs"),
        *("fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
"""File systems on which memory that is mapped from a file isn't shared between machines."""
_MOUNTS = Path("/proc/self/mountinfo")


def is_shared(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether other machines may write there, too; False where the system doesn't say."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return False
    best, kind = -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        point = Path(_unescaped(left.split()[4]))
        if folder.absolute().is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split()[0]
    return kind in NETWORK


def _unescaped(text: str) -> str:
    r"""Blanks are written as `\040`, see proc_pid_mountinfo(5)."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text
