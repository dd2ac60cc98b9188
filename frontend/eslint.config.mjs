import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["src/lib/api.gen.ts", ".next/", "out/", "node_modules/", "next-env.d.ts", "screenshots/", "test-results/"] },
  ...tseslint.configs.recommended,
  { files: ["src/**"], ...reactHooks.configs.flat.recommended },
  {
    rules: {
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
);
