"use client";

import type { ContactStatus, Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { FilterMenu } from "./filter-menu";
import { statusLooks } from "./link-state";
import { SearchBox } from "./search-box";
import type { UpdateView } from "./use-contacts-view";
import type { ContactsView, Sort } from "./view";

const statusChoices: { value: ContactStatus | ""; label: string }[] = [
  { value: "", label: "Any status" },
  ...(Object.keys(statusLooks) as ContactStatus[]).map((value) => ({ value, label: statusLooks[value].label })),
];

const sortChoices: { value: Sort; label: string }[] = [
  { value: "name", label: "Name" },
  { value: "email", label: "E-mail" },
  { value: "-updatedAt", label: "Latest change" },
  { value: "-createdAt", label: "Newest" },
  { value: "status", label: "Status" },
];

const turnedLabels: Partial<Record<Sort, string>> = {
  "-name": "Name, Z to A",
  "-email": "E-mail, Z to A",
  updatedAt: "Oldest change",
  createdAt: "Oldest",
  "-status": "Status, reversed",
};

const anyCrm: { value: Provider | ""; label: string } = { value: "", label: "Any CRM" };

interface Props {
  view: ContactsView;
  update: UpdateView;
  providers: Provider[];
}

export function Toolbar({ view, update, providers }: Props) {
  const turned = turnedLabels[view.sort];
  const sorts = turned ? [...sortChoices, { value: view.sort, label: turned }] : sortChoices;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <SearchBox value={view.q} onSearch={(q) => update({ q }, "replace")} />
      <FilterMenu label="Status" value={view.status} neutral="" choices={statusChoices} onChange={(status) => update({ status })} />
      {providers.length > 0 && (
        <FilterMenu
          label="CRM"
          value={view.provider}
          neutral=""
          choices={[anyCrm, ...providers.map((value) => ({ value, label: providerName(value) }))]}
          onChange={(provider) => update({ provider })}
        />
      )}
      <div className="sm:ml-auto">
        <FilterMenu label="Sort" value={view.sort} choices={sorts} onChange={(sort) => update({ sort })} />
      </div>
    </div>
  );
}
