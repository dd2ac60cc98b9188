import type { Metadata } from "next";
import { Suspense } from "react";
import { ContactsLoading } from "@/features/contacts/contacts-skeleton";
import { ContactsPage } from "@/features/contacts/contacts-page";

export const metadata: Metadata = { title: "Contacts" };

export default function Page() {
  return (
    <Suspense fallback={<ContactsLoading />}>
      <ContactsPage />
    </Suspense>
  );
}
