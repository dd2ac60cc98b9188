// Makes selecting rows comfortable: all at once, how many, and what can be done
// with so many. Without it the server says so after the click.
const form = document.querySelector("form[data-rows]");
if (form?.querySelector("[data-all]")) {
  const boxes = [...form.querySelectorAll("input[name=id]")];
  const label = form.querySelector("[data-all]");
  const all = label.querySelector("input");
  const count = form.querySelector("[data-count]");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    count.textContent = chosen ? `${chosen} selected ·` : "";
    for (const button of form.querySelectorAll("[data-needs]")) {
      button.disabled = button.dataset.needs === "two" ? chosen !== 2 : chosen === 0;
    }
  };
  label.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show); // the browser may restore what was ticked
  show();
}
