"""Take the pictures of the documentation: the local page and a report, in headless Chromium.

    python benchmarks/pictures.py       writes docs/pages/assets/{page_fa,page_en,report}.jpg

Needs the extra ``dev`` and a Chromium ($FANEWS_CHROMIUM or on the path). All texts shown
are of our own writing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

import fanews_classify as fc
from fanews_classify.serve import make_server

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "docs" / "pages" / "assets"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
SIZE = {"width": 1180, "height": 860}


def chromium() -> str:
    """Return the browser to use."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("FANEWS_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise SystemExit("no Chromium here; install one or set FANEWS_CHROMIUM")
    return found


def report(folder: Path) -> Path:
    """Write the report of a model of our own texts, each scored by one that did not see it."""
    training = fc.train("section", data=ROOT / "data")
    title = "section, trained on texts of our own writing"
    return training.evaluation.to_html(folder / "report.html", title=title)


def save(page: Page, name: str, **further: Any) -> None:
    """Save what the page shows."""
    path = ASSETS / name
    page.screenshot(path=path, type="jpeg", quality=80, **further)
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Take all pictures."""
    server = make_server(port=0)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            page = browser.new_page(viewport=SIZE)
            page.goto(server.url)
            for language, switch in (("fa", False), ("en", True)):
                if switch:
                    page.click("#language")
                page.click("#news-examples button >> nth=0")
                page.click("#news button[type=submit]")
                page.wait_for_selector("#news-results mark")
                page.evaluate("scrollTo(0, 0)")
                save(page, f"page_{language}.jpg")
            page.goto(report(Path(folder)).as_uri())
            save(page, "report.jpg", clip={"x": 0, "y": 0, "width": 1180, "height": 1500},
                 full_page=True)  # fmt: skip
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
