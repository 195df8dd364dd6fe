"""A browser for the console's pages, where there is one."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

NAMED = os.environ.get("KEPIL_CHROMIUM")
CHROMIUM = NAMED or "/usr/bin/chromium"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window; skipped where the machine has none and none was named."""
    if not NAMED and not Path(CHROMIUM).exists():
        pytest.skip(f"no browser: {CHROMIUM} is not there; KEPIL_CHROMIUM names another")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        yield running
        await running.close()
