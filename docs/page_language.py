"""Gives each page of the site its own language: browsers choose glyphs and voices by it. A hook of mkdocs."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

_ENGLISH = ("en/", "decisions/", "accuracy.md", "performance.md", "architecture.md")


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Return the page's HTML with its language instead of the site's."""
    if not page.file.src_uri.startswith(_ENGLISH):
        return output
    return output.replace(f'<html lang="{config.theme["language"]}"', '<html lang="en"', 1)
