// Sphinx looks words up in plain objects, which have a "constructor" whatever the book says, and the
// search dies of it. So its index gets the book's words alone, and the one method that it calls.
const setIndex = Search.setIndex;
Search.setIndex = (index) => {
  const own = { hasOwnProperty: { value: Object.prototype.hasOwnProperty } };
  for (const words of [index.terms, index.titleterms]) {
    Object.setPrototypeOf(words, Object.create(null, own));
  }
  setIndex(index);
};

// Summaries are fetched from the pages, which a browser refuses where the book lies on a disk.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  document.getElementById("from-disk").hidden = false;
}
