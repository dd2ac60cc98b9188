// Single contacts, driven by HubSpot's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, contact, envelope, ids, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box, advance } = await startSandboxes();
const contacts = clientOf(box).crm.contacts.basicApi;

test("create answers 201 with what was written and what HubSpot computes", async () => {
  const answer = await contacts.createWithHttpInfo(contact({ email: "Ada@Example.com", firstname: "Ada", lastname: "Lovelace" }));
  assert.equal(answer.httpStatusCode, 201);
  const made = answer.data;
  assert.match(made.id, /^\d{12}$/);
  assert.match(answer.headers.location, new RegExp(`/${made.id}$`));
  assert.equal(made.archived, false);
  assert.ok(made.createdAt instanceof Date && made.createdAt.getTime() === made.updatedAt.getTime());
  const p = made.properties;
  assert.deepEqual([p.email, p.firstname, p.lastname], ["ada@example.com", "Ada", "Lovelace"]);
  assert.deepEqual([p.lifecyclestage, p.hs_is_contact, p.hs_email_domain, p.hs_object_id], ["lead", "true", "example.com", made.id]);
  assert.deepEqual([p.hs_object_source, p.hs_object_source_id], ["INTEGRATION", String(box.appId)]);
});

test("get shows asked properties, null when empty, none when undefined, and always three", async () => {
  const { id } = await contacts.create(contact({ email: "get@example.com" }));
  const plain = await contacts.getById(id);
  assert.deepEqual(Object.keys(plain.properties).sort(), ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]);
  const asked = await contacts.getById(id, ["phone", "no_such_property", "email"]);
  assert.deepEqual(asked.properties.phone, null);
  assert.deepEqual(Object.keys(asked.properties).sort(), ["createdate", "email", "hs_object_id", "lastmodifieddate", "phone"]);
});

test("get by e-mail address, also one that must be escaped", async () => {
  const { id } = await contacts.create(contact({ email: "a+b@example.com" }));
  const found = await contacts.getById("A+B@example.com", undefined, undefined, undefined, false, "email");
  assert.equal(found.id, id);
});

test("a contact that is not there is a 404 without a category", async () => {
  assert.deepEqual(envelope(await refused(contacts.getById("999"), 404)), { status: "error", message: "resource not found" });
  assert.deepEqual(envelope(await refused(contacts.getById("not-a-number"), 404)), {
    status: "error",
    message: "Object not found.  objectId are usually numeric.",
    context: { id: ["not-a-number"] },
    category: "OBJECT_NOT_FOUND",
  });
});

test("an address that is taken is a 409 that names the holder", async () => {
  const { id } = await contacts.create(contact({ email: "taken@example.com" }));
  const conflict = { status: "error", message: `Contact already exists. Existing ID: ${id}`, category: "CONFLICT" };
  assert.deepEqual(envelope(await refused(contacts.create(contact({ email: "TAKEN@example.com" })), 409)), conflict);
  const other = await contacts.create(contact({ email: "free@example.com" }));
  assert.deepEqual(envelope(await refused(contacts.update(other.id, contact({ email: "taken@example.com" })), 409)), conflict);
});

test("values that do not fit are a 400 with JSON in the message, and nothing is written", async () => {
  const { id } = await contacts.create(contact({ email: "strict@example.com", firstname: "Before" }));
  const cases = [
    [{ email: "dsfsafas@" }, "INVALID_EMAIL", "Email address dsfsafas@ is invalid"],
    [{ testproperty: "1" }, "PROPERTY_DOESNT_EXIST", 'Property "testproperty" does not exist'],
    [{ hs_email_domain: "x" }, "READ_ONLY_VALUE", '"hs_email_domain" is a calculated property; its value cannot be set.'],
    [{ hs_lead_status: "nope" }, "INVALID_OPTION", "nope was not one of the allowed options: "],
  ];
  for (const [wrong, code, text] of cases) {
    const error = envelope(await refused(contacts.update(id, contact({ firstname: "After", ...wrong })), 400));
    assert.equal(error.category, "VALIDATION_ERROR");
    const details = JSON.parse(error.message.replace("Property values were not valid: ", ""));
    assert.deepEqual([details.length, details[0].error, details[0].name], [1, code, Object.keys(wrong)[0]]);
    assert.ok(details[0].message.startsWith(text), details[0].message);
    assert.equal(error.errors[0].code, code);
  }
  assert.equal((await contacts.getById(id)).properties.firstname, "Before");
});

test("update is partial, an empty text clears, and the time of change moves", async () => {
  const { id } = await contacts.create(contact({ email: "change@example.com", firstname: "Grace", phone: "1" }));
  await advance("1500ms");
  const changed = await contacts.update(id, contact({ phone: "", lastname: "Hopper" }));
  const after = await contacts.getById(id, ["firstname", "lastname", "phone"]);
  assert.deepEqual([after.properties.firstname, after.properties.lastname, after.properties.phone], ["Grace", "Hopper", null]);
  assert.equal(after.updatedAt.getTime() - after.createdAt.getTime(), 1500);
  assert.equal(new Date(after.properties.lastmodifieddate).getTime(), after.updatedAt.getTime());
  assert.equal(changed.updatedAt.getTime(), after.updatedAt.getTime());
});

test("update by e-mail address", async () => {
  const { id } = await contacts.create(contact({ email: "by-mail@example.com" }));
  const changed = await contacts.update("by-mail@example.com", contact({ city: "Riga" }), "email");
  assert.deepEqual([changed.id, changed.properties.city], [id, "Riga"]);
});

test("a lifecycle stage moves forward only, unless it is cleared first", async () => {
  const { id } = await contacts.create(contact({ email: "stage@example.com", lifecyclestage: "customer" }));
  const stage = async () => (await contacts.getById(id, ["lifecyclestage"])).properties.lifecyclestage;
  await contacts.update(id, contact({ lifecyclestage: "lead" }));
  assert.equal(await stage(), "customer");
  await contacts.update(id, contact({ lifecyclestage: "" }));
  await contacts.update(id, contact({ lifecyclestage: "lead" }));
  assert.equal(await stage(), "lead");
});

test("archive answers 204 each time; archived contacts are read and listed apart", async () => {
  const { id } = await contacts.create(contact({ email: "gone@example.com" }));
  for (let i = 0; i < 2; i++) assert.equal((await contacts.archiveWithHttpInfo(id)).httpStatusCode, 204);
  assert.equal((await contacts.archiveWithHttpInfo("1")).httpStatusCode, 204);
  await refused(contacts.getById(id), 404);
  const archived = await contacts.getById(id, undefined, undefined, undefined, true);
  assert.equal(archived.archived, true);
  assert.ok(archived.archivedAt instanceof Date);
  assert.ok(ids(await contacts.getPage(100, undefined, undefined, undefined, undefined, true)).includes(id));
  assert.ok(!ids(await contacts.getPage(100)).includes(id));
  const again = await contacts.create(contact({ email: "gone@example.com" }));
  assert.notEqual(again.id, id);
});

test("a list pages by the id of the next contact, and only the last page has no paging", async () => {
  await box.load(Array.from({ length: 230 }, (_, i) => ({ email: `page${i}@example.com` })));
  const seen = [];
  let after;
  do {
    const page = await contacts.getPage(100, after, ["email"]);
    seen.push(...ids(page));
    after = page.paging?.next?.after;
    if (after) assert.ok(after > page.results.at(-1).id && page.paging.next.link.includes(`after=${after}`));
  } while (after);
  assert.ok(seen.length > 230);
  assert.deepEqual(seen, [...new Set(seen)].sort());
  assert.equal((await contacts.getPage()).results.length, 10);
  assert.equal(envelope(await refused(contacts.getPage(101), 400)).category, "VALIDATION_ERROR");
});

test("every version's path serves the same contacts", async () => {
  const { id } = await contacts.create(contact({ email: "paths@example.com" }));
  for (const prefix of ["/crm/v3/objects/contacts", "/crm/v3/objects/0-1", "/crm/objects/2026-03/contacts", "/crm/objects/2026-09/contacts", "/crm/objects/2026-09/0-1"]) {
    const answer = await fetch(`${box.url}${prefix}/${id}?properties=email,firstname`, { headers: { authorization: `Bearer ${box.token}` } });
    assert.equal(answer.status, 200, prefix);
    const { properties } = await answer.json();
    assert.deepEqual([properties.email, properties.firstname], ["paths@example.com", null]);
  }
});

test("rules of the account bind 2026-09 only", async () => {
  await box.knobs({ requiredProperties: ["company"] });
  const create = (version, properties) =>
    fetch(`${box.url}/crm/objects/${version}/contacts`, {
      method: "POST",
      headers: { authorization: `Bearer ${box.token}`, "content-type": "application/json" },
      body: JSON.stringify({ properties }),
    });
  const refusal = await create("2026-09", { email: "rules@example.com" });
  assert.equal(refusal.status, 400);
  assert.equal((await refusal.json()).errors[0].code, "MISSING_REQUIRED_PROPERTY");
  assert.equal((await create("2026-03", { email: "rules@example.com" })).status, 201);
  await box.knobs({ requiredProperties: null });
});

test("a merge makes a new record; old ids answer with it; the second fills the blanks", async () => {
  const first = await contacts.create(contact({ email: "first@example.com", firstname: "First" }));
  const second = await contacts.create(contact({ email: "second@example.com", firstname: "Second", phone: "22" }));
  const merged = await contacts.merge({ primaryObjectId: first.id, objectIdToMerge: second.id });
  assert.ok(![first.id, second.id].includes(merged.id));
  for (const id of [first.id, second.id, merged.id]) {
    const found = await contacts.getById(id, ["email", "firstname", "phone", "hs_additional_emails", "hs_merged_object_ids"]);
    assert.equal(found.id, merged.id);
    const p = found.properties;
    assert.deepEqual([p.email, p.firstname, p.phone, p.hs_additional_emails], ["first@example.com", "First", "22", "second@example.com"]);
    assert.deepEqual(p.hs_merged_object_ids.split(";").sort(), [first.id, second.id].sort());
  }
  const bySecondary = await contacts.getById("second@example.com", undefined, undefined, undefined, false, "email");
  assert.equal(bySecondary.id, merged.id);
  assert.equal(envelope(await refused(contacts.create(contact({ email: "second@example.com" })), 409)).message, `Contact already exists. Existing ID: ${merged.id}`);
});

test("a merge may preserve the first id", async () => {
  await box.knobs({ preservePrimaryId: true });
  const first = await contacts.create(contact({ email: "keep1@example.com" }));
  const second = await contacts.create(contact({ email: "keep2@example.com" }));
  assert.equal((await contacts.merge({ primaryObjectId: first.id, objectIdToMerge: second.id })).id, first.id);
  assert.equal((await contacts.getById(second.id)).id, first.id);
  await box.knobs({ preservePrimaryId: false });
});

test("privacy deletion leaves nothing, by id or by address, known or not", async () => {
  const byID = await contacts.create(contact({ email: "erase1@example.com" }));
  const byEmail = await contacts.create(contact({ email: "erase2@example.com" }));
  assert.equal((await contacts.purgeWithHttpInfo({ objectId: byID.id })).httpStatusCode, 204);
  assert.equal((await contacts.purgeWithHttpInfo({ objectId: "erase2@example.com", idProperty: "email" })).httpStatusCode, 204);
  assert.equal((await contacts.purgeWithHttpInfo({ objectId: "unknown@example.com", idProperty: "email" })).httpStatusCode, 204);
  for (const id of [byID.id, byEmail.id]) {
    await refused(contacts.getById(id), 404);
    await refused(contacts.getById(id, undefined, undefined, undefined, true), 404);
  }
});

test("text comes back as it was sent", async () => {
  const text = "Zoë 😀 O'Brien & Söhne <b>\"x\"</b> \\ \u202Eabc";
  const { id } = await contacts.create(contact({ email: "text@example.com", firstname: text }));
  assert.equal((await contacts.getById(id)).properties.firstname, text);
});
