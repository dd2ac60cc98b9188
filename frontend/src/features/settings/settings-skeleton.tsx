import { Panel } from "@/components/ui/panel";
import { Loading, Skeleton } from "@/components/ui/skeleton";

export function SettingsSkeleton() {
  return (
    <Loading label="Loading the settings" className="space-y-6">
      <Panel className="px-4 py-4">
        <Skeleton className="h-4 w-24" />
        <div className="mt-6 grid gap-2 md:grid-cols-2">
          {[0, 1, 2, 3].map((policy) => (
            <Skeleton key={policy} className="h-16 rounded-md" />
          ))}
        </div>
      </Panel>
      <Panel className="divide-y">
        {[0, 1, 2, 3, 4, 5, 6].map((field) => (
          <div key={field} className="flex items-center gap-4 px-4 py-4.5">
            <Skeleton className="w-28" />
            <Skeleton className="flex-1" />
          </div>
        ))}
      </Panel>
    </Loading>
  );
}
