// The shop's own behaviour: a basket kept in the tab, and the three calls a real shop would make.
const basket = JSON.parse(sessionStorage.getItem("basket") || "[]");
const total = () => basket.reduce((sum, item) => sum + item.price, 0);
const show = (amount) => `€${amount.toFixed(2)}`;
const byId = (id) => document.getElementById(id);

const save = () => {
  sessionStorage.setItem("basket", JSON.stringify(basket));
  byId("count").textContent = String(basket.length);
};

document.querySelectorAll("[data-add]").forEach((button) =>
  button.addEventListener("click", () => {
    const product = { product_id: button.dataset.add, name: button.dataset.name, price: Number(button.dataset.price) };
    basket.push(product);
    save();
    footprint("track", "Product Added", { ...product, currency: "EUR" });
    button.textContent = "In your basket";
  }),
);

if (byId("basket")) {
  for (const item of basket) {
    const row = byId("basket").tBodies[0].insertRow();
    row.insertCell().outerHTML = "<th scope=row></th>";
    row.cells[0].textContent = item.name;
    row.insertCell().textContent = show(item.price);
  }
  byId("total").textContent = show(total());
  byId("basket").hidden = byId("checkout").hidden = basket.length === 0;
  byId("empty").hidden = basket.length > 0;
  byId("checkout").addEventListener("submit", (event) => {
    event.preventDefault();
    const payment = new FormData(event.target).get("payment");
    const order = { order_id: crypto.randomUUID(), total: total(), currency: "EUR", payment_method: payment, products: basket };
    footprint("track", "Order Completed", order);
    sessionStorage.removeItem("basket");
    location.assign("/thanks");
  });
}

if (byId("login")) {
  byId("login").addEventListener("submit", (event) => {
    event.preventDefault();
    const customer = String(new FormData(event.target).get("customer"));
    footprint("identify", customer, { plan: "Cup" });
    localStorage.setItem("customer", customer);
    location.assign("/");
  });
}

const customer = localStorage.getItem("customer");
if (customer) {
  const link = byId("account");
  link.textContent = `Log out ${customer}`;
  link.href = "/";
  link.addEventListener("click", () => {
    footprint("reset");
    localStorage.removeItem("customer");
  });
}

save();
