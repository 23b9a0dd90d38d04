/** MLflow keeps prompts as versions without files, told apart by tags. */
type Tagged = { tags?: Readonly<Record<string, string>> | undefined };

export function isPrompt(it: Tagged): boolean {
  return it.tags?.['mlflow.prompt.is_prompt'] === 'true';
}

export function promptText(it: Tagged): string {
  return it.tags?.['mlflow.prompt.text'] ?? '';
}

/** Tags that people gave, without those that MLflow keeps its books in. */
export function ownTags(it: Tagged): Record<string, string> {
  return Object.fromEntries(
    Object.entries(it.tags ?? {}).filter(([key]) => !/^(mlflow\.|_mlflow_)/.test(key)),
  );
}
