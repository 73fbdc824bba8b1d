/** What Vite puts in place of `import.meta.env`. */
interface ImportMeta {
  readonly env: { readonly VITE_TOKENKEEP: string; readonly VITE_API: string };
}
