"""The question before a write. Only a yes lets the run go on."""

from __future__ import annotations

import click

from reconciler.errors import RefusedError
from reconciler.operations.session import Session


def confirm(session: Session, question: str) -> None:
    """Ask on stderr, and wait for the answer.

    Raises:
        RefusedError: it is not a yes. So is the end of the input (Ctrl-D), an answer
            that is no text, and a question that stderr does not take.
        KeyboardInterrupt: a signal came while the question waited.
    """
    why = "declined"
    try:
        if click.confirm(question, err=True):
            return
    except click.Abort:
        # click raises it for the end of the input, too.
        if session.stop.is_set():
            raise KeyboardInterrupt from None
    except UnicodeDecodeError:
        why = "the answer is no text"
    except OSError as error:
        why = f"the question cannot be asked ({error.strerror})"
    raise RefusedError(why)
