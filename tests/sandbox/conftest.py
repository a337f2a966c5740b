"""Two ways to ask a sandbox: its pure core with a clock of ours, or over HTTP."""

from contextlib import ExitStack

import httpx
import pytest
from sandbox.world import World

from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Assume, Settings
from reconciler.sandbox.state.store import Store


@pytest.fixture
def make_world():
    """Make a world under the given assumptions, with three purchased numbers."""

    def make(accept_properties=(), domain_settings=(), numbers=None, **assume):
        kept = {} if numbers is None else {"numbers": numbers}
        settings = Settings(
            assume=Assume(**assume),
            accept_properties=accept_properties,
            domain_settings=domain_settings,
            **kept,
        )
        return World(Store(settings))

    return make


@pytest.fixture
def world(make_world):
    """The world of the defaults."""
    return make_world()


@pytest.fixture
def start():
    """Start a sandbox on a socket; gives it and a client that knows the key."""
    with ExitStack() as stack:

        def start_one(settings=None, **options):
            sandbox = stack.enter_context(
                serve(settings or Settings(rate_limit_scale=0), **options)
            )
            client = httpx.Client(
                base_url=sandbox.url,
                headers={"Authorization": "Bearer sandbox"},
                trust_env=False,
                timeout=10,
            )
            return sandbox, stack.enter_context(client)

        yield start_one
