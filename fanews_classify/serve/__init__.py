"""A small local web page and JSON API; see `fanews serve`. Standard library only."""

from fanews_classify.serve._limits import Limits
from fanews_classify.serve.server import NewsServer, make_server

__all__ = ["Limits", "NewsServer", "make_server"]
