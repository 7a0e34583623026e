import { useEffect, useState } from 'react';
import { openOwn } from '../store/open.ts';
import { tell } from '../store/store.ts';
import { droppedFiles, type Placed } from './placed.ts';

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Takes files dropped anywhere on the window. True while some are held over it. */
export function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Entering a child fires before leaving its parent, so what counts is where the pointer is, not how often it came and went.
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      void take(droppedFiles(event.dataTransfer)); // its entries can only be asked for while the event lasts
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return over;
}

async function take(dropped: Promise<readonly Placed[]>): Promise<void> {
  try {
    const { readPlaced } = await import('./readFiles.ts');
    const intake = await readPlaced(await dropped);
    await openOwn(intake.files, intake.diagnostics, false);
  } catch {
    tell({ kind: 'load-failed' });
  }
}
