"""What each open page is told when something happens: page name → renderer (`viewer.Renderer`).

A renderer is called in a thread, inside the scope of the page's workspace, with the events since it was last called. It
gives partials for what changed; one for something that is not on the page is ignored. Or it says RELOAD: then the page
fetches itself again and morphs its middle, right where a change may touch everything.

To make a page live, write a renderer and give it a line here. The name is what the page hands `shell` as `here`.
"""

from __future__ import annotations

from petra.web.calendar import live as calendar_live
from petra.web.live.viewer import Renderer, reloads
from petra.web.pins import bulk_view
from petra.web.words import brand_live as words_brand_live
from petra.web.words import live as words_live
from petra.web.words import settings_view as words_settings_view

PAGES: dict[str, Renderer] = {
    "calendar": calendar_live.changes,
    "overview": reloads("delivery.", "import.", "account.", "post.", "publishing."),
    "articles": reloads("import.", "article.", "post."),
    "pins": words_live.pins,
    "words_run": words_live.run,
    "pin": words_live.editor,
    "bulk": bulk_view.changes,
    "bulk_runs": reloads("bulk."),
    "needs_you": reloads("delivery.", "account.", "publishing."),
    "onboarding": reloads("import.", "post.", "drafts."),
    "accounts": reloads("account.", "publishing."),
    "notifications": reloads("incident."),
    "brand": words_brand_live.changes,
    "settings_writing": words_settings_view.changes,
    "activity": reloads(""),
}
