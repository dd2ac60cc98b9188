const longest = 40;

/** A name for the API made from a label: "Loyalty tier" becomes "loyaltyTier". */
export function suggestName(label: string): string {
  const words = label
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const joined = words.map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(word))).join("");
  return joined.replace(/^[^A-Za-z]+/, "").replace(/^./, (first) => first.toLowerCase()).slice(0, longest);
}

/** What a CRM would call the same field: HubSpot's names are lower case, Pipedrive's are labels. */
export function suggestRemotes(label: string) {
  const name = suggestName(label).replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return { hubspot: name, pipedrive: label.trim() };
}

/** What is wrong with the name of a new field, if anything. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (name === "") return "Enter a name.";
  if (!/^[a-z][A-Za-z0-9_]*$/.test(name)) return "Use letters, digits and underscores, beginning with a small letter.";
  if (name.length > longest) return `Use ${longest} characters at most.`;
  if (taken.includes(name)) return "There is a field of this name already.";
  return undefined;
}

const lowerFirst = (word: string) => (word === word.toUpperCase() ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1));
const upperFirst = (word: string) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
