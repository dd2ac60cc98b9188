import { Panel } from "@/components/ui/panel";
import { Loading, Skeleton } from "@/components/ui/skeleton";

export function ConnectionsSkeleton() {
  return (
    <Loading label="Loading the connections" className="grid gap-4 lg:grid-cols-2">
      {[0, 1].map((card) => (
        <Panel key={card} className="px-4 py-4">
          <Skeleton className="h-5 w-44" />
          <div className="mt-6 grid grid-cols-3 gap-4">
            {[0, 1, 2, 3, 4, 5].map((fact) => (
              <Skeleton key={fact} className="h-9" />
            ))}
          </div>
          <Skeleton className="mt-7 h-9" />
          <Skeleton className="mt-7 h-7 w-56" />
        </Panel>
      ))}
    </Loading>
  );
}
