"""Methods of `striate explain` that make no attribution of an image, each in a module of its own."""

from __future__ import annotations

from striate.cli.views.view import VIEWS, Request, refuse, view_of

__all__ = ["VIEWS", "Request", "refuse", "view_of"]
