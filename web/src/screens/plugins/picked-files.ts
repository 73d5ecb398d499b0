/** Files out of a chooser or a drop, folders walked, each with its path from the folder that was picked. */
import type { ChosenFile } from "@octopus/view/upload.ts";

export interface PickedFile extends ChosenFile {
  file: File;
}

const FILES_MAX = 3000;

export function filesOfChooser(list: FileList | null): PickedFile[] {
  return [...(list ?? [])].map((file) => picked(file, file.webkitRelativePath || file.name));
}

/** What is dropped must be asked for at once, before anything is waited for. */
export async function filesOfDrop(transfer: DataTransfer): Promise<PickedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => picked(file, file.name));
  const found: PickedFile[] = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

function picked(file: File, path: string): PickedFile {
  return { file, path, bytes: file.size };
}

/** Folders that are never part of a plugin may hold a hundred thousand files. */
const PASSED = /^(\.git|node_modules|__pycache__|\.venv)$/;

async function walk(entry: FileSystemEntry, above: string, found: PickedFile[]): Promise<void> {
  if (found.length >= FILES_MAX) return;
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push(picked(file, path));
    return;
  }
  if (PASSED.test(entry.name)) return;
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await walk(one, `${path}/`, found);
  }
}

/** As the server takes it. */
export async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
