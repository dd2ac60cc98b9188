import { Panel } from "@/components/ui/panel";
import { Loading, Skeleton } from "@/components/ui/skeleton";

/** The page before its address is known. */
export function ContactsLoading() {
  return (
    <>
      <h1 className="mb-5 flex h-8.5 items-center text-xl font-semibold">Contacts</h1>
      <div className="mb-4 h-8.5" />
      <Panel>
        <ContactsSkeleton />
      </Panel>
    </>
  );
}

/** Rows of the table's height, so that nothing jumps when the contacts arrive. */
export function ContactsSkeleton() {
  return (
    <Loading label="Loading contacts" className="divide-y">
      <div className="hidden h-10 md:block" />
      {Array.from({ length: 10 }, (_, row) => (
        <div key={row} className="flex h-24 items-center gap-3 px-4 md:h-13 md:gap-6">
          <Skeleton className="size-7 rounded-full" />
          <Skeleton className="w-40" />
          <Skeleton className="hidden w-48 md:block" />
          <Skeleton className="ml-auto hidden w-20 md:block" />
          <Skeleton className="hidden w-20 md:block" />
        </div>
      ))}
    </Loading>
  );
}
