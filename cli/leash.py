"""Executes a command as another user if asked, tied to the life of its parent: when the parent dies, a signal comes.

Run by path as `python -I -S leash.py SIGNAL PARENT UID GID COMMAND…`; standard library only. On systems without
`prctl` the command simply runs, and the next start of the stack stops what was left.
"""

import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Does not return. The tie is made after the change of user, which would undo it."""
    signum, parent, uid, gid = map(int, arguments[:4])
    command = arguments[4:]
    libc = None
    if sys.platform.startswith("linux"):
        import ctypes  # now: the other user may not be able to read the interpreter's library

        libc = ctypes.CDLL(None)
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:
        sys.exit("the supervisor is gone")
    try:
        os.execv(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
