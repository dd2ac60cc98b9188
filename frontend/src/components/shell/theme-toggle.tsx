"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { useTheme, type Theme } from "@/lib/theme";

const choices = [
  { value: "system", label: "Like the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const;

export function ThemeToggle() {
  const [theme, setTheme] = useTheme();
  const Icon = choices.find((choice) => choice.value === theme)?.icon ?? Monitor;
  return (
    <Menu
      choices={{ value: theme, choices, onChange: (value) => setTheme(value as Theme) }}
      trigger={
        <Button variant="ghost" size="icon" aria-label="Colours">
          <Icon aria-hidden />
        </Button>
      }
    />
  );
}
