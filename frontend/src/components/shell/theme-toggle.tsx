"use client";

import { Monitor, Moon, Sun, type LucideIcon } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/components/ui/menu";
import { useTheme, type Theme } from "@/lib/theme";

const choices: { value: Theme; label: string; icon: LucideIcon }[] = [
  { value: "system", label: "Like the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
];

export function ThemeToggle() {
  const [theme, setTheme] = useTheme();
  const Icon = choices.find((choice) => choice.value === theme)?.icon ?? Monitor;
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Colours">
          <Icon aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent>
        <MenuRadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
          {choices.map(({ value, label, icon: ChoiceIcon }) => (
            <MenuRadioItem key={value} value={value}>
              <ChoiceIcon aria-hidden className="text-ink-3" />
              {label}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
