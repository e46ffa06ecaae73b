"""Sites that send false referrers, to be found in the reports of others (docs/semantics.md, section 9).

Source: kept by this project from domains that publicly documented referrer campaigns used; last changed 2026-11-22.
A domain stands for itself and everything below it.
"""

from functools import lru_cache

from streams.core.pages import page_of

_DOMAINS = """
    100dollars-seo.com 4webmasters.org 7makemoneyonline.com aliexsale.ru anticrawler.org best-seo-offer.com best-seo-solution.com
    bestwebsitesawards.com blackhatworth.com buttons-for-website.com buttons-for-your-website.com buy-cheap-online.info cenokos.ru cenoval.ru
    cityadspix.com darodar.com descargar-musica-gratis.net econom.co event-tracking.com free-share-buttons.com free-social-buttons.com
    get-free-traffic-now.com googlsucks.com guardlink.org hulfingtonpost.com humanorightswatch.org ilovevitaly.co ilovevitaly.com
    ilovevitaly.ru iskalko.ru kambasoft.com lomb.co lombia.co luxup.ru o-o-6-o-o.com
    pops.foundation priceg.com prodvigator.ua ranksonic.info ranksonic.org rankings-analytics.com
    savetubevideo.com screentoolkit.com semalt.com semaltmedia.com seoexperimenty.ru simple-share-buttons.com slftsdybbg.ru
    social-buttons.com socialseet.ru superiends.org theguardlan.com top1-seo-service.com trafficmonetize.org trafficmonetizer.org
    traffic2cash.xyz videos-for-your-business.com vodkoved.ru webmonetizer.net websites-reviews.com website-analyzer.info ykecwqlixx.ru
"""
SPAMMERS = frozenset(_DOMAINS.split())


@lru_cache(maxsize=16_384)
def is_spam(referrer: str) -> bool:
    """True when the host of a referrer, or a domain above it, is a known spammer's."""
    labels = page_of(referrer).host.split(".") if referrer else []
    return any(".".join(labels[start:]) in SPAMMERS for start in range(len(labels)))
