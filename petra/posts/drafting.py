"""Turns a post into the network's Draft: the same for the words' state, the preflight, the preview and the sending.

Reads rows and makes no file. Fetch posts with `Post.objects.complete()` where there are many.
"""

from __future__ import annotations

from petra.accounts.models import Account
from petra.accounts.models import Target as TargetRow
from petra.media import storing
from petra.media.addresses import public_url
from petra.media.models import Asset, Rendition
from petra.networks.contract import Draft, Media, MediaKind, Network, Problem, Target
from petra.networks.registry import network
from petra.posts.models import Post

SHAPE = "2x3"  # the rendition composing makes of every picture of a post


def network_of(account: Account) -> Network:
    """Give the adapter of an account."""
    return network(account.network)


def target_for(account: Account, row: TargetRow | None) -> Target | None:
    """Give the contract's form of a board or section."""
    if row is None:
        return None
    if row.parent is not None:
        return Target(account_id=account.remote_id, remote_id=row.parent.remote_id, section_id=row.remote_id)
    return Target(account_id=account.remote_id, remote_id=row.remote_id)


def draft_of(
    post: Post, *, account: Account, target: TargetRow | None, marker: str, media: tuple[Media, ...] | None = None
) -> Draft:
    """Build the draft. `marker` goes into the link, as the network's adapter puts it there.

    `media` are the post's files where the caller has read them already.
    """
    link = network_of(account).mark_link(post.link, marker) if post.link else ""
    return Draft(
        title=post.title.strip(),
        description=post.description.strip(),
        alt_text=post.alt_text.strip(),
        link=link,
        media=tuple(_media(use.asset) for use in post.media.all()) if media is None else media,
        target=target_for(account, target),
        ai_disclosures=tuple(post.ai_disclosures),
    )


def problems_of(post: Post, *, account: Account, target: TargetRow | None) -> list[Problem]:
    """Say what keeps a post from going out on this account and target. The marker is as long as a real one."""
    return network_of(account).problems(draft_of(post, account=account, target=target, marker="p" + "0" * 32))


def _media(asset: Asset) -> Media:
    """Describe the file to send: the rendition, or the original where none was made."""
    file: Asset | Rendition = next((r for r in asset.renditions.all() if r.shape == SHAPE), asset)
    return Media(
        kind=MediaKind(asset.kind),
        content_type=file.content_type,
        width_px=file.width_px,
        height_px=file.height_px,
        size_bytes=file.size_bytes,
        path=str(storing.path_of(file)),
        public_url=public_url(file.file),
    )
