package app

import "runtime/debug"

// version is the commit the program was built from, in short: the one the platform
// names, else the one the Go toolchain recorded, else "dev".
func version(commit string) string {
	if info, ok := debug.ReadBuildInfo(); ok && commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	if commit == "" {
		return "dev"
	}
	return commit[:min(len(commit), 12)]
}
