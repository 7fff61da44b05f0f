"""The pages' addresses."""

from django.urls import path

from petra.web import (
    activity,
    components,
    entry,
    files,
    find,
    health,
    notifications,
    onboarding,
    overview,
    pauses,
    preferences,
)
from petra.web.accounts import views as accounts
from petra.web.articles import article, imports
from petra.web.articles import rule as blog_rule
from petra.web.articles import sources as import_sources
from petra.web.articles import views as articles
from petra.web.calendar import moves as calendar_moves
from petra.web.calendar import views as calendar
from petra.web.live import stream as live
from petra.web.needs_you import queue_help
from petra.web.needs_you import views as needs_you
from petra.web.pins import bulk_runs
from petra.web.pins import editor as pin
from petra.web.pins import pictures as pin_pictures
from petra.web.pins import views as pins
from petra.web.words import brand as words_brand
from petra.web.words import bulk as words_bulk
from petra.web.words import settings as words_settings
from petra.web.words import views as words

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", overview.overview, name="overview"),
    path("articles", articles.articles, name="articles"),
    path("articles/import", articles.import_blog, name="import_blog"),
    path("articles/bulk", articles.articles_bulk, name="articles_bulk"),
    path("articles/import-page", import_sources.import_url, name="import_url"),
    path("articles/import-list", import_sources.import_list, name="import_list"),
    path("articles/import-export", import_sources.import_export, name="import_export"),
    path("articles/blogs/<uuid:blog_id>/rule", blog_rule.blog_rule, name="blog_rule"),
    path("articles/blogs/<uuid:blog_id>/remove", import_sources.blog_remove, name="blog_remove"),
    path("articles/blogs/<uuid:blog_id>/rhythm", import_sources.blog_rhythm, name="blog_rhythm"),
    path("articles/imports/<uuid:run_id>", imports.import_details, name="import_details"),
    path("articles/imports/<uuid:run_id>/report.csv", imports.import_report, name="import_report"),
    path("articles/imports/<uuid:run_id>/<slug:act>", imports.import_change, name="import_change"),
    path("articles/<uuid:article_id>", article.article, name="article"),
    path("articles/<uuid:article_id>/edit", article.article_edit, name="article_edit"),
    path("articles/<uuid:article_id>/make-pins", pin_pictures.article_make_pins, name="article_make_pins"),
    path("articles/<uuid:article_id>/change/<slug:act>", article.article_change, name="article_change"),
    path("pins", pins.pins, name="pins"),
    path("pins/bulk", pins.pins_bulk, name="pins_bulk"),
    path("pins/undo", pins.pins_undo, name="pins_undo"),
    path("pins/words", words_bulk.pins_words, name="pins_words"),
    path("pins/words/start", words_bulk.pins_words_start, name="pins_words_start"),
    path("pins/words/<uuid:words_run_id>", words_bulk.words_run, name="words_run"),
    path("pins/words/<uuid:words_run_id>/<slug:act>", words_bulk.words_run_act, name="words_run_act"),
    path("pins/runs", bulk_runs.bulk_runs, name="bulk_runs"),
    path("pins/runs/<uuid:bulk_id>", bulk_runs.bulk_run, name="bulk_run"),
    path("pins/runs/<uuid:bulk_id>/retry", bulk_runs.bulk_retry, name="bulk_retry"),
    path("pins/new", pin_pictures.pin_new, name="pin_new"),
    path("pins/<uuid:pin_id>", pin.pin, name="pin"),
    path("pins/<uuid:pin_id>/live", pin.pin_live, name="pin_live"),
    path("pins/<uuid:pin_id>/save", pin.pin_save, name="pin_save"),
    path("pins/<uuid:pin_id>/target", pin.pin_target, name="pin_target"),
    path("pins/<uuid:pin_id>/picture", pin_pictures.pin_picture, name="pin_picture"),
    path("pins/<uuid:pin_id>/words", words.pin_words, name="pin_words"),
    path("pins/<uuid:pin_id>/words/<uuid:version_id>/<slug:act>", words.pin_words_act, name="pin_words_act"),
    path("pins/<uuid:pin_id>/versions/<uuid:version_id>", words.pin_version, name="pin_version"),
    path("pins/<uuid:pin_id>/topics", words.pin_topics, name="pin_topics"),
    path("pins/<uuid:pin_id>/disclosures", words.pin_disclosures, name="pin_disclosures"),
    path("pins/<uuid:pin_id>/schedule", pin.pin_schedule, name="pin_schedule"),
    path("pins/<uuid:pin_id>/publish-now", pin.pin_publish_now, name="pin_publish_now"),
    path("pins/<uuid:pin_id>/remove", pin.pin_remove, name="pin_remove"),
    path("pins/<uuid:pin_id>/bring-back", pin.pin_bring_back, name="pin_bring_back"),
    path("pins/<uuid:pin_id>/duplicate", pin.pin_duplicate, name="pin_duplicate"),
    path("deliveries/<uuid:delivery_id>/<slug:act>", pin.delivery_act, name="delivery_act"),
    path("calendar", calendar.calendar, name="calendar"),
    path("calendar/day/<str:day>", calendar.calendar_day, name="calendar_day"),
    path("calendar/pick", calendar.calendar_pick, name="calendar_pick"),
    path("calendar/move", calendar_moves.calendar_move, name="calendar_move"),
    path("calendar/move/<uuid:delivery_id>", calendar.calendar_move_sheet, name="calendar_move_sheet"),
    path("calendar/plan", calendar_moves.calendar_plan, name="calendar_plan"),
    path("calendar/plan/<uuid:post_id>", calendar.calendar_plan_sheet, name="calendar_plan_sheet"),
    path("calendar/unschedule", calendar_moves.calendar_unschedule, name="calendar_unschedule"),
    path("calendar/undo/<str:token>", calendar_moves.calendar_undo, name="calendar_undo"),
    path("calendar/spread", calendar_moves.calendar_spread, name="calendar_spread"),
    path("accounts", accounts.accounts, name="accounts"),
    path("accounts/connect/<slug:network_key>", accounts.account_connect, name="account_connect"),
    path("accounts/callback/<slug:network_key>", accounts.account_callback, name="account_callback"),
    path("accounts/<uuid:account_id>", accounts.account, name="account"),
    path("accounts/<uuid:account_id>/disconnect", accounts.account_disconnect, name="account_disconnect"),
    path("accounts/<uuid:account_id>/sync", accounts.account_sync, name="account_sync"),
    path("accounts/<uuid:account_id>/slots", accounts.account_slots, name="account_slots"),
    path("accounts/<uuid:account_id>/quiet-hours", accounts.account_quiet_hours, name="account_quiet_hours"),
    path("accounts/<uuid:account_id>/publishing/<slug:act>", pauses.account_publishing, name="account_publishing"),
    path("blogs/<uuid:blog_id>/publishing/<slug:act>", pauses.blog_publishing, name="blog_publishing"),
    path("needs-you", needs_you.needs_you, name="needs_you"),
    path("needs-you/late", needs_you.needs_you_late, name="needs_you_late"),
    path("needs-you/failed", needs_you.needs_you_failed, name="needs_you_failed"),
    path("needs-you/undo/<str:token>", needs_you.needs_you_undo, name="needs_you_undo"),
    path("events", live.events, name="events"),
    path("notifications", notifications.notifications, name="notifications"),
    path("notifications/seen", notifications.notifications_seen, name="notifications_seen"),
    path("notifications/<uuid:incident_id>/seen", notifications.notification_seen, name="notification_seen"),
    path("activity", activity.activity, name="activity"),
    path("queue", queue_help.queue_help, name="queue_help"),
    path("welcome", onboarding.onboarding, name="onboarding"),
    path("welcome/<slug:step>", onboarding.onboarding_step, name="onboarding_step"),
    path("welcome/<slug:step>/skip", onboarding.onboarding_skip, name="onboarding_skip"),
    path("find", find.find, name="find"),
    path("settings", preferences.preferences, name="settings"),
    path("settings/person", preferences.person, name="settings_person"),
    path("settings/notifications", notifications.notification_wish, name="notification_wish"),
    path("settings/writing", words_settings.settings_writing, name="settings_writing"),
    path("settings/writing/<slug:act>", words_settings.settings_writing_act, name="settings_writing_act"),
    path("settings/blogs/<uuid:blog_id>/writing", words_settings.settings_writing, name="settings_writing_of"),
    path(
        "settings/blogs/<uuid:blog_id>/writing/<slug:act>",
        words_settings.settings_writing_act,
        name="settings_writing_of_act",
    ),
    path("settings/brand", words_brand.settings_brand, name="settings_brand"),
    path("settings/blogs/<uuid:blog_id>/brand", words_brand.settings_brand_of, name="settings_brand_of"),
    path("settings/blogs/<uuid:blog_id>/brand/sample", words_brand.settings_brand_sample, name="settings_brand_sample"),
    path(
        "settings/blogs/<uuid:blog_id>/brand/sample/<uuid:version_id>/<slug:act>",
        words_brand.settings_brand_sample_act,
        name="settings_brand_sample_act",
    ),
    path("settings/blogs/<uuid:blog_id>/brand/copy", words_brand.settings_brand_copy, name="settings_brand_copy"),
    path("settings/publishing/<slug:act>", pauses.workspace_publishing, name="workspace_publishing"),
    path("workspaces/switch", entry.workspace_switch, name="workspace_switch"),
    path("workspaces/new", entry.workspace_new, name="workspace_new"),
    path("files/<uuid:asset_id>/<slug:shape>", files.file, name="file"),
    path("files/public/<str:token>", files.public_file, name="public_file"),
    path("components", components.components, name="components"),
]
