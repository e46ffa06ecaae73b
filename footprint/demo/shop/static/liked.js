// What a visitor likes comes first: their own interests, as the site lists them for `footprint("profile")`.
const product = document.querySelector("[data-product]");
if (product) footprint("track", "Product Viewed", { product_id: product.dataset.product, category: product.dataset.sort });

const cards = [...document.querySelectorAll("#teas [data-category]")];
if (cards.length) {
  footprint("profile", ({ interests = [] }) => {
    const points = new Map(interests.map((one) => [one.category, one.points]));
    const liked = (card) => points.get(card.dataset.category) || 0;
    cards.sort((one, other) => liked(other) - liked(one));
    for (const card of cards) {
      card.parentElement.append(card);
      if (card === cards[0] && liked(card)) card.querySelector("p").append(" · for you");
    }
    document.documentElement.dataset.profile = interests.length ? "known" : "unknown";
  });
}
